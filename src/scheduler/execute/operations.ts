// What each operation of a plan does to the engine, and the events it tells of it.
import { ComposeError } from '../../shared/errors.ts'
import type { Operation } from '../plan/plan.ts'
import { buildHandlers } from './build-operations.ts'
import { containerHandlers } from './container-operations.ts'
import type { Handlers, OperationContext } from './handlers.ts'
import { imageHandlers } from './image-operations.ts'
import { modelHandlers } from './model-operations.ts'
import { providerHandlers } from './provider-operations.ts'
import { resourceHandlers } from './resource-operations.ts'

export function runOperation(operation: Operation, context: OperationContext, signal: AbortSignal): Promise<void> {
  // The map below has for each type the handler of that type; TypeScript can't see the pairing through the union.
  const handler = handlers[operation.type] as (
    one: Operation,
    context: OperationContext,
    signal: AbortSignal,
  ) => Promise<void>
  return handler(operation, context, signal)
}

const handlers = {
  ...imageHandlers,
  ...buildHandlers,
  ...resourceHandlers,
  ...containerHandlers,
  ...providerHandlers,
  ...modelHandlers,

  async wait(operation, { conditions, onProgress, onWarning }, signal) {
    const { container, service, condition, required, purpose } = operation
    const id = `Container ${container.name}`
    onProgress({ id, status: 'Working', text: 'Waiting' })
    try {
      onProgress({
        id,
        status: 'Done',
        text: await conditions.until(container.id ?? container.name, operation, signal),
      })
    } catch (error) {
      if (signal.aborted || !(error instanceof ComposeError)) throw error
      if (!required) {
        const text = `optional dependency ${error.message.replace(/^service |^dependency failed to start: /, '')}`
        onProgress({ id, status: 'Warning', text: `Skipped: ${text}` })
        return onWarning(text)
      }
      if (purpose === 'dependency') {
        const details = condition === 'service_healthy' ? `dependency ${service} failed to start` : error.message
        onProgress({ id, status: 'Error', text: 'Error', details })
      }
      throw error
    }
  },

  async report({ id, text, details }, { onProgress }) {
    onProgress({ id, status: 'Done', text, ...(details === undefined ? {} : { details }) })
  },

  async gate() {},
} satisfies Handlers
