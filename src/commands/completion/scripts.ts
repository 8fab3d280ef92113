// What each shell runs at Tab: it asks `completion SHELL -- WORDS`, whose last line says what else may stand there.

export const shells = ['bash', 'fish', 'zsh'] as const
export type Shell = (typeof shells)[number]

export const isShell = (word: string | undefined): word is Shell => shells.some(shell => shell === word)

const bash = String.raw`# bash completion of tsc-compose: source <(tsc-compose completion bash)
_tsc_compose() {
  local IFS=$'\n' lines
  lines=($(tsc-compose completion bash -- "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [ ${'$'}{#lines[@]} -gt 0 ] || return
  case ${'$'}{lines[-1]} in
    *files*) compopt -o default ;;
  esac
  case ${'$'}{lines[-1]} in
    *open*) compopt -o nospace ;;
  esac
  unset 'lines[-1]'
  COMPREPLY=("${'$'}{lines[@]%%$'\t'*}")
}
complete -F _tsc_compose tsc-compose
`

const zsh = String.raw`#compdef tsc-compose
# zsh completion of tsc-compose: source <(tsc-compose completion zsh), or this file as _tsc-compose in $fpath
_tsc_compose() {
  local -a lines shown options
  local line value
  lines=("${'$'}{(@f)$(tsc-compose completion zsh -- "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${'$'}{(@)lines[1,-2]}"; do
    value=${'$'}{line%%$'\t'*}
    shown+=("${'$'}{value//:/\\:}:${'$'}{line#*$'\t'}")
  done
  [[ $lines[-1] == *open* ]] && options=(-S '')
  (( $#shown )) && _describe tsc-compose shown $options
  [[ $lines[-1] == *files* ]] && _files
}
if [[ $funcstack[1] == _tsc-compose ]]; then _tsc_compose "$@"; else compdef _tsc_compose tsc-compose; fi
`

const fish = String.raw`# fish completion of tsc-compose: tsc-compose completion fish | source
function __tsc_compose
  set -l lines (tsc-compose completion fish -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  set -q lines[1]; or return
  test (count $lines) -gt 1; and printf '%s\n' $lines[1..-2]
  string match -q '*files*' -- $lines[-1]; and __fish_complete_path (commandline -ct)
end
complete -c tsc-compose -f -a '(__tsc_compose)'
`

export const scripts: Readonly<Record<Shell, string>> = { bash, fish, zsh }
