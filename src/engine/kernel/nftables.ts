// nftables through libnftables (libnftables(3)): one text of commands is one transaction, all or nothing.
import koffi from 'koffi'
import { openNetlink } from './netlink.ts'

type Library = ReturnType<typeof load>
let library: Library | undefined

function load() {
  const nft = koffi.load('libnftables.so.1')
  return {
    create: nft.func('void *nft_ctx_new(uint flags)'),
    free: nft.func('void nft_ctx_free(void *ctx)'),
    bufferErrors: nft.func('int nft_ctx_buffer_error(void *ctx)'),
    bufferOutput: nft.func('int nft_ctx_buffer_output(void *ctx)'),
    errors: nft.func('const char *nft_ctx_get_error_buffer(void *ctx)'),
    output: nft.func('const char *nft_ctx_get_output_buffer(void *ctx)'),
    setOutput: nft.func('void nft_ctx_output_set_flags(void *ctx, uint flags)'),
    run: nft.func('int nft_run_cmd_from_buffer(void *ctx, const char *commands)'),
  }
}

const NETLINK_NETFILTER = 12
const OUTPUT_HANDLE = 1 << 3
const OUTPUT_NUMERIC = 0b111 << 7

/** Runs commands in the thread's network namespace and returns what they print; throws what nft objects to. */
export function nft(commands: string): string {
  library ??= load()
  // nft_ctx_new() ends the process when it can't have a socket; this throws.
  openNetlink(NETLINK_NETFILTER)[Symbol.dispose]()
  // A context keeps the netlink socket of the namespace in which it was made, so each call has its own.
  const context = library.create(0)
  try {
    library.bufferErrors(context)
    library.bufferOutput(context)
    library.setOutput(context, OUTPUT_HANDLE | OUTPUT_NUMERIC)
    const status = library.run(context, commands)
    if (status !== 0) throw new Error(`nftables: ${String(library.errors(context)).trim().split('\n')[0]}`)
    return String(library.output(context) ?? '')
  } finally {
    library.free(context)
  }
}
