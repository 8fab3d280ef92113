// The labels by which Docker Compose and we find a project's things. Either tool takes down what the other made.
export const labels = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
  slug: 'com.docker.compose.slug',
  /** Ours: the step that a container of pre_start runs. */
  preStart: 'io.github.tsc-compose.pre-start',
  /** Ours: what its configs and secrets held when it was made (held-files.ts). */
  files: 'io.github.tsc-compose.files',
  /** Ours: what providers gave it when it was made (given-variables.ts). */
  given: 'io.github.tsc-compose.given',
  configHash: 'com.docker.compose.config-hash',
  configFiles: 'com.docker.compose.project.config_files',
  workingDir: 'com.docker.compose.project.working_dir',
  environmentFile: 'com.docker.compose.project.environment_file',
  dependsOn: 'com.docker.compose.depends_on',
  image: 'com.docker.compose.image',
  builder: 'com.docker.compose.image.builder',
  replace: 'com.docker.compose.replace',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
  version: 'com.docker.compose.version',
} as const

/** The value of a filter that matches everything of a project. */
export function ofProject(projectName: string): string {
  return `${labels.project}=${projectName}`
}
