import type {
  BootDecisionAnswer,
  MachineChange,
  NewMachine,
} from '../../../contract/api-documents.ts'
import type { Machine } from '../../../contract/machine.ts'

/** The machines we know, for those who ask on behalf of a person. */
export interface MachineDirectory {
  listMachines(): Promise<readonly Machine[]>
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
  /** What it would boot now, and why. @throws {MachineNotFoundError} */
  bootDecisionOf(reference: string): Promise<BootDecisionAnswer>
}
