// Files of this machine into the running containers of a service. The engine unpacks: no tools are needed in the image.

import { lstatSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { Docker } from '../../docker/client/docker.ts'
import { frames } from '../../docker/protocol/frames.ts'
import { type ObservedContainer, observe } from '../../scheduler/observe/observe.ts'
import { ComposeError } from '../../shared/errors.ts'
import { shortId } from '../../shared/short-id.ts'
import { readTar } from '../../shared/tar/read.ts'
import { type Owner, type SyncEntry, syncArchive } from './sync-archive.ts'

export interface Syncer {
  containersOf(service: string): Promise<ObservedContainer[]>
  /** Brings the containers to what this machine has at these paths. */
  sync(containers: readonly ObservedContainer[], entries: readonly SyncEntry[]): Promise<void>
}

export function createSyncer(docker: Docker, projectName: string, abortSignal: AbortSignal): Syncer {
  const owners = new Map<string, Promise<Owner>>()
  const ownerIn = (id: string) => {
    const known = owners.get(id) ?? ownerOf(docker, id, abortSignal)
    owners.set(id, known)
    return known
  }
  return {
    async containersOf(service) {
      const { containers } = await observe(docker, { projectName, abortSignal })
      return containers.filter(one => one.service === service && one.state === 'running' && !one.oneOff)
    },
    async sync(containers, entries) {
      const isThere = ({ path }: SyncEntry) => lstatSync(path, { throwIfNoEntry: false }) !== undefined
      const present = entries.filter(isThere)
      const gone = entries.filter(entry => !isThere(entry))
      await Promise.all(
        containers.map(async ({ id }) => {
          const owner = await ownerIn(id)
          if (docker.hasExtension('sync')) {
            await docker.syncFiles(id, Readable.from(syncArchive(present, gone, owner)), { abortSignal })
            return
          }
          if (gone.length > 0) await removeByProgram(docker, id, gone, abortSignal)
          if (present.length === 0) return
          const tar = Readable.from(syncArchive(present, [], owner))
          await docker.getContainer(id).putArchive(tar, { path: '/', abortSignal })
        }),
      )
    },
  }
}

/** The API of a Docker Engine has no word for it. */
async function removeByProgram(
  docker: Docker,
  id: string,
  gone: readonly SyncEntry[],
  abortSignal: AbortSignal,
): Promise<void> {
  const exec = await docker.getContainer(id).exec({
    Cmd: ['rm', '-rf', ...gone.map(({ target }) => target)],
    User: '0',
    AttachStdout: true,
    AttachStderr: true,
    abortSignal,
  })
  let said = ''
  for await (const { data } of frames(await exec.start({ abortSignal }))) said += data
  const { ExitCode } = await exec.inspect({ abortSignal })
  if (ExitCode)
    throw new ComposeError(
      'failed_precondition',
      `files could not be removed from container ${shortId(id)}: ${said.trim()}`,
      {
        hint: 'on a Docker Engine this needs rm in the image; on the embedded engine it does not',
      },
    )
}

/** Whom the container runs as, so that its program may change what it is given. */
async function ownerOf(docker: Docker, id: string, abortSignal: AbortSignal): Promise<Owner> {
  const container = docker.getContainer(id)
  const { Config } = await container.inspect({ abortSignal })
  const [user = '', group] = (Config?.User ?? '').split(':')
  if (user === '') return { uid: 0, gid: 0 }
  const lines = async (path: string) => {
    try {
      for await (const { content } of readTar(await container.getArchive({ path, abortSignal }))) {
        let text = ''
        for await (const piece of content()) text += piece
        return text.split('\n').map(line => line.split(':'))
      }
    } catch (error) {
      // An image without the file has no names.
      if (!(error instanceof ComposeError && error.code === 'not_found')) throw error
    }
    return []
  }
  const isNumber = (text: string) => /^\d+$/.test(text)
  const account = (await lines('/etc/passwd')).find(([name, , uid]) => name === user || uid === user)
  const named =
    group === undefined || isNumber(group) ? undefined : (await lines('/etc/group')).find(([name]) => name === group)
  return {
    uid: Number(isNumber(user) ? user : (account?.[2] ?? 0)),
    gid: Number(group === undefined ? (account?.[3] ?? 0) : isNumber(group) ? group : (named?.[2] ?? 0)),
  }
}
