// Signals by name or number, as stop_signal, kill and the image write them.
import { constants } from 'node:os'
import { ComposeError } from '../../shared/errors.ts'

export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`
  const realtime = /^SIGRTM(IN|AX)(?:([+-])(\d+))?$/.exec(name)
  if (realtime) {
    const [, end, sign = '+', offset = '0'] = realtime
    return (end === 'IN' ? 34 : 64) + (sign === '-' ? -1 : 1) * Number(offset)
  }
  const number = Object.entries(constants.signals).find(([key]) => key === name)?.[1]
  if (number === undefined) throw new ComposeError('invalid_argument', `Invalid signal: ${text}`)
  return number
}
