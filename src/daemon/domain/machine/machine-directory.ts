import type {
  BootDecisionAnswer,
  MachineChange,
  NewMachine,
} from '../../../contract/api-documents.ts'
import type { HistoryEntry, MachineAction } from '../../../contract/machine-actions.ts'
import type { Machine } from '../../../contract/machine.ts'

/** The machines we know, for those who ask on behalf of a person. */
export interface MachineDirectory {
  listMachines(): Promise<readonly Machine[]>
  /** The machines as they were at event `seq` or later. */
  snapshot(): Promise<{ seq: number; machines: readonly Machine[] }>
  /** By id, name or MAC address in any spelling. */
  findMachine(reference: string): Promise<Machine | undefined>
  /** @throws {MachineExistsError} when the name or the address is taken */
  addMachine(machine: NewMachine, principal: string): Promise<Machine>
  /** @throws {MachineNotFoundError} {@link RevisionChangedError} when it is another than expected by now */
  changeMachine(
    reference: string,
    change: MachineChange,
    principal: string,
    expectedRevision?: number,
  ): Promise<Machine>
  /** What a person says of it. @throws as {@link actOnMachine} */
  actOn(
    reference: string,
    action: MachineAction,
    principal: string,
    expectedRevision?: number,
  ): Promise<Machine>
  /** Its runs, newest first. @throws {MachineNotFoundError} */
  historyOf(reference: string): Promise<readonly HistoryEntry[]>
  /** What it would boot now, and why. @throws {MachineNotFoundError} */
  bootDecisionOf(reference: string): Promise<BootDecisionAnswer>
}
