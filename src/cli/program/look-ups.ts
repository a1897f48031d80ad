/** Commands that show and check: agents, doctor, config, completion. Host side. */
import { Argument, type Command } from 'commander';
import { SHELLS } from '../completion/scripts.ts';
import { example, type Start } from './start.ts';

export function addLookUps(program: Command, start: Start): void {
  example(
    program
      .command('agents')
      .description('list the agents that the manager may choose from')
      .action((_flags, command) =>
        start(command, async (context) => (await import('../commands/agents.ts')).agents(context)),
      ),
    ['orchestrator agents', 'orchestrator agents --json'],
  );
  example(
    program
      .command('doctor')
      .description('check every part and say what to do about it')
      .action((_flags, command) =>
        start(command, async (context) => (await import('../commands/doctor.ts')).doctor(context)),
      ),
    ['orchestrator doctor', 'orchestrator doctor --json'],
    'Exit code 2 when something is wrong.',
  );
  example(
    program
      .command('calibration')
      .description('how good the forecasts were, over the goals that have ended')
      .action((_flags, command) =>
        start(command, async (context) => (await import('../commands/calibration.ts')).calibration(context)),
      ),
    ['orchestrator calibration', 'orchestrator calibration --json'],
  );
  addConfig(program, start);
  example(
    program
      .command('completion')
      .description('print a completion script for a shell: commands, flags, their values, ids')
      .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
      .action((shell, _flags, command) =>
        start(command, async (context) => (await import('../commands/completion.ts')).printScript(context, shell)),
      ),
    [
      'source <(orchestrator completion bash)',
      'source <(orchestrator completion zsh)',
      'orchestrator completion fish | source',
    ],
    'Put the line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish. Ids are those of the running instance.',
  );
}

function addConfig(program: Command, start: Start): void {
  const load = () => import('../commands/config.ts');
  const config = program.command('config').description('show and check the configuration');
  example(config, ['orchestrator config show', 'orchestrator config validate --config other.yaml']);
  example(
    config
      .command('show')
      .description('every setting with its value and where it comes from; secrets are masked')
      .action((_flags, command) => start(command, async (context) => (await load()).showConfig(context))),
    ['orchestrator config show', 'orchestrator config show --json'],
  );
  example(
    config
      .command('validate')
      .description('check the configuration and the agent files')
      .action((_flags, command) => start(command, async (context) => (await load()).validateConfig(context))),
    ['orchestrator config validate', 'orchestrator config validate --config other.yaml'],
  );
  example(
    config
      .command('schema')
      .description('print the JSON Schema of config.yaml, for editors')
      .action((_flags, command) => start(command, async (context) => (await load()).showSchema(context))),
    ['orchestrator config schema > config.schema.json'],
  );
}
