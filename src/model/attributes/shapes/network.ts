// How a service is reached: ports, and its ends of networks.
import type { networkAttachments, ports } from '../../../../schema/service-network.ts'
import { group, listOf, mapOf, nullable, type Shape } from '../kinds/collection.ts'
import type { RowsOf } from '../kinds/rows.ts'
import { always, integer, text, unsigned32 } from '../kinds/scalar.ts'
import { mapping } from '../kinds/special.ts'
import { texts } from './common.ts'

type AttachmentDefinition =
  (typeof networkAttachments)['oneOf'][1]['patternProperties']['^[a-zA-Z0-9._-]+$']['oneOf'][0]

export type Port = Shape<typeof makePort>

const makePort = () =>
  group({
    name: text,
    mode: text,
    hostIp: text,
    /** The container's port. */
    target: always(unsigned32, 0),
    /** A host port or a range `8000-8010`; absent: the engine picks one. */
    published: text,
    /** `tcp`, `udp` or `sctp`. */
    protocol: text,
    appProtocol: text,
  } satisfies RowsOf<typeof ports>)

/** The service's end of a network. */
export type NetworkAttachment = Shape<typeof makeAttachment>

const makeAttachment = () =>
  group({
    aliases: texts,
    driverOpts: mapping,
    gwPriority: integer,
    interfaceName: text,
    ipv4Address: text,
    ipv6Address: text,
    linkLocalIps: texts,
    macAddress: text,
    /** The highest is connected first. */
    priority: integer,
  } satisfies RowsOf<AttachmentDefinition>)

export const makePorts = () => listOf(makePort())

export const makeAttachments = () => mapOf(nullable(makeAttachment()))
