import type { ContentKind } from '../contract/content-kinds.ts'

/**
 * A document of each kind to begin with: what a kind is for, its usual keys, and the others as comments. Each
 * is in order as it stands (a test checks them all), and changes nothing until somebody names it.
 */
export const contentSkeletons: Readonly<Record<ContentKind, (name: string) => string>> = {
  bootenv: (
    name,
  ) => `# Something that a machine can boot. One that is called sledgehammer stands over the one that ships.
name: ${name}
kind: sledgehammer # or local-disk
description: What it is for.
# Behind those that the daemon sets itself; {{ params.NAME }} stands for a param of the machine.
kernelArguments:
  - console=ttyS0,115200
  # - console={{ params.console }}
`,
  workflow: (
    name,
  ) => `# Ordered stages that a machine goes through: repave machine run ${name} MACHINE
name: ${name}
description: What it does.
# armedHours: 168           # how long after it was ordered it may still choose a disk
stages:
  - name: ${name}
    description: A step that people see.
    # params: { console: ttyS1 }   # for machines that say nothing else
    tasks:
      - name: look
        action: script      # or inventory, select-disk, write-image, reboot, approve, call-hook, and so on
        # timeoutSeconds: 600
        # retry: { attempts: 3, backoffSeconds: 5 }
        # onError: hold     # or fail, continue, { task: NAME } of "recovery" below
        # needsApproval: true
        script: |
          echo "this is $(uname -n), in RAM"
# recovery:
#   - name: tell-somebody
#     action: call-hook
#     hook: pager           # one of "hooks" in repave.yaml
`,
  profile: (name) => `# Params that machines share: repave machine set MACHINE --profile ${name}
name: ${name}
description: What these machines have in common.
# The profile "global" is every machine's. Names are those of params: repave param list
params: {}
#  console: ttyS1
`,
  rule: (name) => `# What becomes of new machines that it fits: repave rule dry-run
name: ${name}
description: Which machines, and why.
order: 500                  # smaller ones are tried first
when:
  # All of these have to hold; without any, every machine fits.
  inventory.system.productName: No machine is called so
set:
  labels: { found: "${name}" }
  # name: "node-{{ number }}"
  # profiles: [rack-a]
  # onBoot: local           # or reprovision, live, workflow:NAME
  # workflow: deploy-image  # ordered at once, or when the machine is approved
  # workflowParams: { imageName: debian-12 }
# approval: required        # or waived
# afterwards: continue      # later rules may add what this one has not set
# maxCount: 40
`,
  param: (name) => `# What a value may be, and where it is none, what it then is.
name: ${name}
description: What it is for.
type: string                # or integer, number, boolean, enum, list, map
# pattern: '^tty'
# minimumLength: 1
# default: ttyS0
# secret: true              # values are then { secret: FILE }, files of the daemon's folder of secrets
`,
  subnet: (name) => `# A network whose machines get addresses from the daemon.
name: ${name}
description: Where it is.
network: 192.0.2.0/24
pools: [192.0.2.100-192.0.2.199]
router: 192.0.2.1
dnsServers: [192.0.2.53]
# relays: [198.51.100.1]    # relays outside the network that speak for it
# leaseSeconds: 3600
# domainName: example.net
# reservations:
#   - { macAddress: 52:54:00:aa:bb:01, address: 192.0.2.10 }
`,
  seed: (
    name,
  ) => `# What a role is told on its first boot: repave machine deploy MACHINE --image IMAGE --seed ${name}
name: ${name}
description: What these systems are for.
datasource: nocloud         # or config-drive
# params: { team: { default: ops } }        # {{ params.team }}, said with --seed-param team=web
# secrets: { password: { file: root-hash } } # {{ secrets.password }}, a file of the daemon's folder of secrets
userData:
  packages: []
  runcmd:
    - echo "seeded as ${name}"
`,
}
