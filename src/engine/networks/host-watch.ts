// Others change the host's firewall too: a reload drops our table with everything else, a starting Docker sets the
// policy of FORWARD to drop, a script switches ip_forward off. What we need is put back within a second.
import { setsockopt } from '../kernel/libc.ts'
import { attributesOf, openNetlink, pending } from '../kernel/netlink.ts'
import { nft } from '../kernel/nftables.ts'

export interface HostWatch {
  stop(): void
}

export interface HostWatchOptions {
  table: string
  /** False when the host has stopped to forward packets though it should. */
  forwards: () => boolean
  /** Packets are forwarded, and our bridges' are not dropped. */
  ensureForwarding: () => void
  /** Writes our table anew. */
  rewrite: () => void
  log: (line: string) => void
}

const checkInterval = 1000

export function watchHost({ table, forwards, ensureForwarding, rewrite, log }: HostWatchOptions): HostWatch {
  const socket = openNetlink(NETLINK_NETFILTER)
  setsockopt(socket.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
  /** So many handles our table has, that is its chains and rules. Ports are elements of maps and have none. */
  let complete = handlesOf(table)
  const timer = setInterval(check, checkInterval)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      socket[Symbol.dispose]()
    },
  }

  function check(): void {
    try {
      const changes = pending(socket.fd)
      const foreign = changes === undefined || changes.some(isForeign)
      if (foreign) mend()
      else if (changes.length > 0) complete = handlesOf(table)
      if (foreign || !forwards()) ensureForwarding()
    } catch (error) {
      log(`the host's firewall: ${error}`)
    }
  }

  function mend(): void {
    if (handlesOf(table) === complete) return
    // Others see what is written before the call returns, and may change it again before it is counted.
    for (let tries = 0; tries < 3; tries++) {
      rewrite()
      complete = handlesOf(table)
      if (pending(socket.fd)?.every(change => !isForeign(change))) break
    }
    log(`somebody else changed ${table} in the host's firewall: it was written anew`)
  }
}

const NETLINK_NETFILTER = 12
const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const NFNLGRP_NFTABLES = 7
/** NFT_MSG_NEWGEN of subsystem NFNL_SUBSYS_NFTABLES ends each transaction and names its process (nf_tables.h). */
const NEWGEN = (10 << 8) | 15
const NFTA_GEN_PROC_PID = 2
const genericHeader = 4

function isForeign({ type, body }: { type: number; body: Buffer }): boolean {
  if (type !== NEWGEN) return false
  return attributesOf(body, genericHeader).get(NFTA_GEN_PROC_PID)?.readUInt32BE(0) !== process.pid
}

/** 0 when the table is not there. */
function handlesOf(table: string): number {
  try {
    return nft(`list table ip ${table}`).match(/# handle \d+/g)?.length ?? 0
  } catch {
    return 0
  }
}
