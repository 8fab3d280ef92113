// How Compose files are called that nobody named, the first one found wins.

export const fileNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'] as const
