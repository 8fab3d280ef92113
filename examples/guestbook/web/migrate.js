// Runs once before web starts: brings the tables to what server.js expects.
import { openDatabase } from './stores.js'

const database = openDatabase()
await database.query(`
  create table if not exists entries (
    id bigint generated always as identity primary key,
    author text not null,
    text text not null,
    written timestamptz not null default now()
  )`)
const { rows } = await database.query('select count(*) from entries')
console.log(`migrated, ${rows[0].count} entries so far`)
await database.end()
