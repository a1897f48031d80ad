/** The scripts that make a shell ask `orchestrator complete` for suggestions. Nothing that is typed is run. Pure. */

/** Shells that are known. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script of a shell. It calls `<program> complete -- <words>` and reads a word and a tab and what it is from each line. */
export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell].replaceAll('PROGRAM', program);
}

/** Also for bash 3.2, which macOS has. It cuts words at `=`, which is undone for the call and for what comes back. */
const BASH = `# bash completion for PROGRAM: source <(PROGRAM completion bash)
_PROGRAM() {
  local cur=\${COMP_WORDS[COMP_CWORD]} line word last i count=0
  local -a words
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    last=
    if ((count > 0)); then last=\${words[count - 1]}; fi
    if [[ $last == --* && ( $word == '=' || $last == *= ) ]]; then
      words[count - 1]=$last$word
    else
      words[count]=$word
      count=$((count + 1))
    fi
  done
  [[ $cur == '=' ]] && cur=
  word=\${words[count - 1]}
  local cut=$((\${#word} - \${#cur}))
  case $word in
    \\"* | \\'*) words[count - 1]=\${word:1} cur=\${cur:1} ;;
  esac
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o filenames 2>/dev/null; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur") ;;
      :folders) compopt -o filenames 2>/dev/null; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur") ;;
      :*) ;;
      *) line=\${line%%$'\\t'*}; COMPREPLY+=("\${line:cut}") ;;
    esac
  done < <(PROGRAM complete -- "\${words[@]}" 2>/dev/null)
  compopt -o nosort 2>/dev/null
}
complete -F _PROGRAM PROGRAM
`;

const ZSH = `#compdef PROGRAM
# zsh completion for PROGRAM: source <(PROGRAM completion zsh)
_PROGRAM() {
  local line value about paths=none
  local -a found
  for line in "\${(@f)$(PROGRAM complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    if [[ $line == :* ]]; then
      paths=\${line#:}
    elif [[ -n $line ]]; then
      value=\${line%%$'\\t'*}
      about=\${line#*$'\\t'}
      found+=("\${value//:/\\\\:}\${about:+:$about}")
    fi
  done
  (( \${#found} )) && _describe -V PROGRAM found
  case $paths in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ \${funcstack[1]} == _PROGRAM ]]; then
  _PROGRAM "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _PROGRAM PROGRAM
fi
`;

const FISH = `# fish completion for PROGRAM: PROGRAM completion fish | source
function __PROGRAM_complete
    set -l typed (commandline -opc)
    set -l begun (commandline -ct | string collect)
    for line in (PROGRAM complete -- $typed[2..-1] (string unescape -- "$begun"; or echo -- "$begun") 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$begun"
            case ':folders'
                __fish_complete_directories "$begun"
            case ':*'
            case '*'
                echo -- $line
        end
    end
end
complete -c PROGRAM -e
complete -c PROGRAM -f -k -a '(__PROGRAM_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
