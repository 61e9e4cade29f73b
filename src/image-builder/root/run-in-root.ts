import { runTool, type ToolOptions } from '../run-tool.ts'

/**
 * Everything that is mounted, and every process that is left, goes with the namespaces. No network:
 * what a program would fetch is no input of the image.
 */
const namespaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child']

/** `$1` is the root; what stands behind it is run. Whatever ends up in /tmp and /run is gone afterwards. */
const enter = [
  'set -e',
  'mount -t proc proc "$1/proc"',
  'mount -t tmpfs -o mode=0755 tmpfs "$1/run"',
  'mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"',
  'if [ -n "$SCRIPTS" ]; then mkdir "$1/run/scripts"; mount --bind "$SCRIPTS" "$1/run/scripts"; fi',
  'unset SCRIPTS',
  'exec chroot "$@"',
].join('\n')

export interface InRootOptions extends ToolOptions {
  /** Folder of this machine, seen at /run/scripts inside. */
  readonly scriptsDirectory?: string
}

/**
 * Runs a program of a root file system inside it.
 *
 * @throws {ImageBuildStepError} when it cannot be started or its exit status is not 0
 */
export async function runInRoot(
  rootDirectory: string,
  words: readonly string[],
  { scriptsDirectory = '', env, ...options }: InRootOptions = {},
): Promise<string> {
  const shell = ['sh', '-c', enter, 'sh', rootDirectory, ...words]
  return runTool('unshare', [...namespaces, ...shell], {
    ...options,
    env: {
      ...{ HOME: '/root', PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: '/tmp' },
      // As process 1 of its own namespace a program does not see that it stands in a chroot.
      ...{ SYSTEMD_OFFLINE: '1', DEBIAN_FRONTEND: 'noninteractive', SCRIPTS: scriptsDirectory },
      ...env,
    },
  })
}
