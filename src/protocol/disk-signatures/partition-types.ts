import { type DiskSignature, signature } from './disk-signature.ts'

const esxi = 'VMware ESXi hosts'
const ceph = 'a Ceph cluster'

/** Partition types that say by themselves that other machines may use what is within. */
const sharedTypes: Readonly<Record<string, readonly [kind: string, sharedBy: string]>> = {
  'aa31e02a-400f-11db-9590-000c2911d1b8': ['VMFS', esxi],
  '9d275380-40ad-11db-bf97-000c2911d1b8': ['vmkcore', esxi],
  '9198effc-31c0-11db-8f78-000c2911d1b8': ['vmware_reserved', esxi],
  '37affc90-ef7d-4e96-91c3-2d7ae055b174': ['gpfs', 'a GPFS cluster'],
  '4fbd7e29-9d25-41b8-afd0-062c0ceff05d': ['ceph_osd', ceph],
  '4fbd7e29-9d25-41b8-afd0-5ec00ceff05d': ['ceph_osd', ceph],
  '45b0969e-9b03-4f30-b4c6-b4b80ceff106': ['ceph_journal', ceph],
  'cafecafe-9b03-4f30-b4c6-b4b80ceff106': ['ceph_block', ceph],
  '30cd0809-c2b2-499c-8879-2d6b78529876': ['ceph_db', ceph],
  '5ce17fce-4087-4169-b7ff-056cc58473f9': ['ceph_wal', ceph],
  '6a898cc3-1dd2-11b2-99a6-080020736631': ['zfs_member', 'a ZFS pool'],
  '0xfb': ['VMFS', esxi],
  '0xfc': ['vmkcore', esxi],
}

/** What a partition is by its type alone; nothing where its content has to tell. */
export function signatureOfType(type: string): DiskSignature[] {
  const known = sharedTypes[type]
  return known === undefined ? [] : [signature(known[0], { sharedBy: known[1] })]
}
