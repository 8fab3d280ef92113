// The format that the docker CLI's own file has for `ps`.
import { readDockerConfig } from '../registry/docker-config.ts'

export const psFormat = (): string | undefined => readDockerConfig(process.env).psFormat
