import { Argument, type Command } from 'commander'

import { addCommand, type CommandLine, runs } from './command-line.ts'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

/** Each asks `repave complete -- WORDS`, where the last word is the one being typed. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: `_repave() {
  local IFS=$'\\n'
  COMPREPLY=($(repave complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _repave repave
`,
  zsh: `#compdef repave
_repave() {
  local -a found
  found=("\${(@f)$(repave complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
compdef _repave repave
`,
  fish: `function __repave
  set -l words (commandline -opc) (commandline -ct)
  repave complete -- $words[2..-1] 2>/dev/null
end
complete -c repave -f -a '(__repave)'
`,
}

/** `repave completion bash|zsh|fish`. */
export function completionCommand(line: CommandLine, program: Command): void {
  addCommand(line, program, {
    words: 'completion',
    summary: 'the script that has a shell complete commands, options and names',
    examples: [
      'completion bash > /etc/bash_completion.d/repave',
      'completion fish > ~/.config/fish/completions/repave.fish',
    ],
  })
    .addArgument(new Argument('<shell>', 'which one').choices(shells))
    .action(
      runs(line, async (shell: Shell) => {
        line.world.stdout.write(scripts[shell])
        return 0
      }),
    )
}
