// The shapes of the Engine API for those who use the client.
export type * from '../api/types.ts'
