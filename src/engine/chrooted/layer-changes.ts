// What in a container's upper folder is a change of its own.
import type { Stats } from 'node:fs'

/** Places that the engine makes for what it mounts into every container. */
const mountPoints = /^\/upper\/(?:proc|sys|dev(?:\/.*)?|\.dockerenv|etc\/(?:hosts|hostname|resolv\.conf))$/

/** Those are no change of the container's, unless it wrote something there. */
export const isChange = (path: string, stats: Stats): boolean =>
  !mountPoints.test(path) || (stats.isFile() && stats.size > 0)
