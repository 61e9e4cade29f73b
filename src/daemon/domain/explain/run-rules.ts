import { bootLoopCode } from '../bootenv/resolve-boot.ts'
import type { Situation } from './situation.ts'
import type { StuckRule } from './stuck-rule.ts'

const taskIs = (action: string) => (situation: Situation) =>
  situation.task?.state === 'running' && situation.task.task.action === action
const taskStart = ({ task, run }: Situation) => task?.startedAtMs ?? run?.createdAtMs
const failedWith =
  (...codes: readonly string[]) =>
  ({ run, isRunUnderWay }: Situation) =>
    run !== undefined &&
    (run.state === 'failed' || (isRunUnderWay && run.state === 'held')) &&
    codes.includes(run.failure?.code ?? '')
const failureText = ({ run }: Situation) => run?.failure?.message ?? 'no reason was given'
const afterFailure = {
  state: 'failed',
  lastGood: lastDone,
  since: ({ run }: Situation) => run?.endedAtMs ?? run?.startedAtMs,
} as const

function lastDone({ run }: Situation): string {
  const done = run?.tasks.findLast(({ state }) => state === 'succeeded')
  const failing = run?.tasks.find(({ state }) => state === 'failed')
  const good = done === undefined ? 'it was ordered' : `${done.task.name} is done`
  return failing === undefined ? good : `${good}, ${failing.task.name} is not`
}

/** What stops a run, whatever its machine does. The first rule that fits speaks. */
export const runRules: readonly StuckRule[] = [
  {
    cause: 'out-of-use',
    state: 'fine',
    fits: ({ machine }) => machine.retirement !== undefined,
    since: ({ machine }) => machine.retirement?.atMs,
    hint: ({ machine }) =>
      `it boots its disk; repave machine reinstate ${machine.name} takes it into use again`,
  },
  {
    cause: 'identity-in-doubt',
    state: 'waiting',
    fits: ({ machine }) => machine.conflict !== undefined,
    expected: 'a person who says which machine it is',
    since: ({ machine }) => machine.conflict?.atMs,
    hint: ({ machine: { conflict, name } }) =>
      `${conflict?.because}; repave machine merge ${name} when it is the one on record, repave machine split ${name} when it is another`,
  },
  {
    cause: 'waits-to-be-used',
    state: 'waiting',
    fits: ({ machine }) => machine.approval?.state === 'pending',
    expected: 'a person who says that it may be used',
    since: ({ machine }) => machine.approval?.sinceMs,
    hint: ({ machine }) => `${machine.approval?.because}: repave machine approve ${machine.name}`,
  },
  {
    cause: 'boot-loop',
    state: 'waiting',
    fits: ({ run, isRunUnderWay, machine }) =>
      isRunUnderWay ? run?.failure?.code === bootLoopCode : machine.state === 'held',
    expected: 'a person who lets it go on',
    hint: ({ isRunUnderWay, machine }) => {
      const look =
        'it starts again and again without progress: look at its console and its boot order'
      return isRunUnderWay
        ? `${look}, then repave run release ${machine.name}`
        : `${look}; it goes on when a run is ordered for it, and by itself ten minutes after these starts`
    },
  },
  {
    ...afterFailure,
    cause: 'no-disk',
    fits: failedWith('ERR_DISK_NOT_SELECTED'),
    expected: 'exactly one disk that fits',
    hint: failureText,
  },
  {
    ...afterFailure,
    cause: 'disk-not-wiped',
    fits: failedWith('ERR_DISKS_NOT_SELECTED', 'ERR_WIPE_INCOMPLETE', 'ERR_DRIVE_ERASE'),
    expected: 'every disk wiped, or kept because somebody said so',
    hint: failureText,
  },
  {
    ...afterFailure,
    cause: 'disk-broken',
    fits: failedWith('ERR_DISK_IO', 'ERR_READ_BACK_MISMATCH', 'ERR_DISK_UNREADABLE'),
    expected: 'a disk that keeps what it is given',
    hint: (situation) =>
      `${failureText(situation)}; replace the disk, then repave run retry ${situation.machine.name}`,
  },
  {
    ...afterFailure,
    cause: 'never-called-home',
    fits: ({ run }) =>
      run?.state === 'failed' && run.tasks[run.taskIndex]?.task.action === 'await-phone-home',
    lastGood: () => 'the image is written and proven',
    expected: 'a call home from the system on its disk',
    hint: 'look at its console: does the image boot here, does it get an address, does cloud-init run in it?',
  },
  {
    ...afterFailure,
    cause: 'run-failed',
    fits: ({ run }) => run?.state === 'failed',
    hint: (situation) =>
      `${failureText(situation)}; then repave run retry ${situation.machine.name}`,
  },
  {
    cause: 'waits-for-approval',
    state: 'waiting',
    fits: ({ run }) => run?.state === 'waiting-approval',
    expected: 'a person who approves',
    since: taskStart,
    hint: ({ machine }) => `repave run approve ${machine.name}`,
  },
  {
    cause: 'run-held',
    state: 'waiting',
    fits: ({ run, isRunUnderWay }) => isRunUnderWay && run?.state === 'held',
    expected: 'a person who lets it go on',
    since: taskStart,
    hint: ({ machine, run }) =>
      `${run?.failure?.message ?? run?.heldBecause ?? ''}; repave run release ${machine.name}`,
  },
  {
    cause: 'waits-for-its-turn',
    state: 'waiting',
    fits: ({ run, isRunUnderWay }) => isRunUnderWay && run?.queuedAtMs !== undefined,
    expected: 'its turn to write',
    since: ({ run }) => run?.queuedAtMs,
    hint: 'as many write as may (--writes)',
  },
  {
    cause: 'waits-for-next-try',
    state: 'working',
    fits: ({ task }) => task?.state === 'waiting-retry',
    expected: 'the next try',
    patienceSeconds: 330,
    since: taskStart,
    hint: ({ task }) => `the last one failed: ${task?.failure?.message ?? ''}`,
  },
]

/** Where the boot says nothing: what the task under way waits for. */
export const taskRules: readonly StuckRule[] = [
  {
    cause: 'never-asked',
    state: 'working',
    fits: ({ boot, task, machine }) =>
      boot.length === 0 && (task !== undefined || machine.state === 'discovering'),
    lastGood: () => 'it is known, and has never been heard of',
    expected: 'its first DISCOVER',
    since: ({ run, machine }) => run?.createdAtMs ?? machine.createdAtMs,
    patienceSeconds: 300,
    hint: 'is it switched on, is the network first in its boot order, is the MAC address that of the card with the cable, is its port in this network or behind a relay that forwards to us?',
  },
  {
    cause: 'not-restarted',
    state: 'working',
    fits: (situation) =>
      situation.task?.task.action === 'await-phone-home' || taskIs('reboot')(situation),
    lastGood: () => 'its disk is written and proven, and it was told to restart',
    expected: 'a DISCOVER from its firmware, or a call home from its disk',
    step: 'task await-phone-home',
    since: taskStart,
    patienceSeconds: 600,
    hint: 'servers take minutes to start; then look at its console: it may wait for a key, or its disk does not boot',
  },
  {
    cause: 'task-runs',
    state: 'working',
    fits: ({ task }) => task?.state === 'running',
    expected: ({ task }) => `the end of ${task?.task.name ?? 'its task'}`,
    step: ({ task }) => `task ${task?.task.action ?? ''}`,
    since: taskStart,
    patienceSeconds: 600,
    hint: ({ machine }) =>
      `repave run watch ${machine.name} shows how fast bytes go and what limits them`,
  },
  {
    cause: 'task-not-begun',
    state: 'working',
    fits: ({ task }) => task !== undefined,
    expected: 'that its agent takes the next task',
    patienceSeconds: 60,
    hint: 'repave event watch shows what it does',
  },
  { cause: 'nothing-expected', state: 'fine', fits: () => true },
]
