// The media types of a project as an OCI artifact, which Docker Compose has chosen: read here, written by `publish`.
export const artifactTypes = {
  project: 'application/vnd.docker.compose.project',
  emptyConfig: 'application/vnd.docker.compose.config.empty.v1+json',
  composeFile: 'application/vnd.docker.compose.file+yaml',
  environmentFile: 'application/vnd.docker.compose.envfile',
} as const
