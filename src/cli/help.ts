// The page of `tsc-compose` without a command. Each command has its own with --help.
export const helpText = `Usage:  tsc-compose [OPTIONS] COMMAND

Define and run multi-container applications without Docker

Options:
      --all-resources              Include all resources, even those not used by services
      --ansi string                Control when to print ANSI control characters ("never"|"always"|"auto")
      --compatibility              Run compose in backward compatibility mode
      --context string             Run on the Docker Engine of this docker context
      --dry-run                    Print what would be done, and why, and do nothing
      --env-file stringArray       Specify an alternate environment file
  -f, --file stringArray           Compose configuration files
  -H, --host string                Run on the Docker Engine at this URL
      --parallel int               Control max parallelism, -1 for unlimited (default -1)
      --profile stringArray        Specify a profile to enable
      --progress string            Set type of progress output (auto, tty, plain, json, quiet)
      --project-directory string   Specify an alternate working directory
  -p, --project-name string        Project name

Commands:
  config      Parse, resolve and render compose file in canonical format
  create      Creates containers for a service
  doctor      Check what the engine needs of this machine
  down        Stop and remove containers, networks
  engine      Look at the engine: status, start, stop, logs, socket
  exec        Execute a command in a running container
  kill        Force stop service containers
  logs        View output from containers
  ls          List running compose projects
  pause       Pause services
  ps          List containers
  restart     Restart service containers
  start       Start services
  stop        Stop services
  unpause     Unpause services
  up          Create and start containers
  version     Show the version information

Run 'tsc-compose COMMAND --help' for more information on a command.
`
