// The two stores, where the environment says they are.
import pg from 'pg'
import { createClient } from 'redis'

export function openDatabase() {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
  // A store that goes away for a while is not the end: the next query connects again.
  pool.on('error', error => console.error(`database: ${error.message}`))
  return pool
}

export async function openCache() {
  const client = createClient({ url: process.env.REDIS_URL })
  client.on('error', error => console.error(`cache: ${error.message}`))
  await client.connect()
  return client
}
