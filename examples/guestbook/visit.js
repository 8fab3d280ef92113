// Writes an entry and reads it back twice: first it comes from PostgreSQL, then from Redis.
const address = process.argv[2] ?? 'http://127.0.0.1:8080'
const entry = { author: 'npm start', text: `hello at ${new Date().toLocaleTimeString('en-GB')}` }

await show('POST', entry)
await show('GET')
await show('GET')

async function show(method, body) {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(`${address}/entries`, {
    method,
    ...(body ? { headers, body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${method} ${address}/entries: ${response.status} ${await response.text()}`)
  const answer = await response.json()
  const shown = answer.entries
    ? `"${answer.entries[0].text}", from ${answer.source}; visit ${answer.visits}`
    : `entry ${answer.id} written`
  console.log(`${method.padEnd(4)} ${address}/entries → ${shown}`)
}
