// The guestbook: entries are kept in PostgreSQL; the page made of them and the count of its visits in Redis.
import { createServer } from 'node:http'
import { openCache, openDatabase } from './stores.js'

const pageKey = 'entries'
const database = openDatabase()
const cache = await openCache()

/** `METHOD path` → answer. */
const routes = {
  'GET /': async () => {
    const { entries } = await readEntries()
    const visits = await cache.incr('visits')
    return { type: 'text/html; charset=utf-8', body: page(entries, visits) }
  },
  'GET /entries': async () => {
    const { entries, source } = await readEntries()
    return json({ entries, source, visits: await cache.incr('visits') })
  },
  'POST /entries': async (body, type) => {
    const { author = 'someone', text = '' } = type?.startsWith('application/json')
      ? JSON.parse(body)
      : Object.fromEntries(new URLSearchParams(body))
    if (text === '') return json({ error: 'text is missing' }, 400)
    const { rows } = await database.query('insert into entries (author, text) values ($1, $2) returning *', [
      author,
      text,
    ])
    await cache.del(pageKey)
    console.log(`entry ${rows[0].id} by ${author}`)
    return type?.startsWith('application/json')
      ? json(rows[0], 201)
      : { status: 303, headers: { Location: '/' }, body: '' }
  },
  'GET /health': async () => {
    await Promise.all([database.query('select 1'), cache.ping()])
    return json({ healthy: true })
  },
}

/** From the cache, or from the database and then into the cache; `source` tells which. */
async function readEntries() {
  const cached = await cache.get(pageKey)
  if (cached !== null) return { entries: JSON.parse(cached), source: 'redis' }
  const { rows } = await database.query('select id, author, text, written from entries order by id desc limit 50')
  await cache.set(pageKey, JSON.stringify(rows), { EX: 60 })
  return { entries: rows, source: 'postgres' }
}

const json = (value, status = 200) => ({ status, type: 'application/json', body: `${JSON.stringify(value)}\n` })

function page(entries, visits) {
  const items = entries
    .map(({ author, text }) => `<li><b>${escapeHtml(author)}</b> ${escapeHtml(text)}</li>`)
    .join('\n')
  return `<!doctype html><title>Guestbook</title>
<h1>Guestbook</h1><p>Seen ${visits} times.</p>
<form method="post" action="/entries"><input name="author" placeholder="Your name"> <input name="text" placeholder="Your words" required> <button>Write</button></form>
<ul>
${items}
</ul>
`
}

const escapeHtml = text => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)

const server = createServer(async (request, response) => {
  try {
    const answer = routes[`${request.method} ${new URL(request.url, 'http://web').pathname}`]
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const {
      status = 200,
      type = 'text/plain',
      headers = {},
      body: text,
    } = answer ? await answer(body, request.headers['content-type']) : { status: 404, body: 'not found\n' }
    response.writeHead(status, { 'Content-Type': type, ...headers }).end(text)
  } catch (error) {
    console.error(error)
    response.writeHead(500, { 'Content-Type': 'text/plain' }).end('something went wrong\n')
  }
})
server.listen(8080, () => console.log('listening on 8080'))

process.on('SIGTERM', async () => {
  server.close()
  server.closeIdleConnections()
  await Promise.allSettled([database.end(), cache.quit()])
  process.exit(0)
})
