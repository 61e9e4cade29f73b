import { imageListSchema } from '../contract/api-documents.ts'
import { statusSchema } from '../contract/status-documents.ts'
import { explanationSchema } from '../contract/explanation.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { errorLines } from '../presentation/error-text.ts'
import { placeOrder, planDeployments } from './place-order.ts'
import type { ScreenAction, Wish } from './screen-state.ts'

export interface WishWorld {
  readonly connection: DaemonConnection
  dispatch(action: ScreenAction): void
  quit(): void
  /** Writes to the terminal past what is drawn. */
  write(text: string): void
}

/** Does what the screen asked for; what goes wrong stands on its last line. */
export async function fulfilWish(world: WishWorld, wish: Wish): Promise<void> {
  try {
    await fulfil(world, wish)
  } catch (thrown) {
    // What is merely read is asked for again; the header says when the daemon is gone.
    if (wish.kind === 'read' || wish.kind === 'explain') return
    const text = errorLines(thrown).join('  ').replaceAll(/ {2,}/g, '  ')
    world.dispatch({ kind: 'notice', notice: { text, tone: 'bad' } })
  }
}

async function fulfil(world: WishWorld, wish: Wish): Promise<void> {
  const { connection, dispatch } = world
  switch (wish.kind) {
    case 'quit':
      return world.quit()
    case 'copy':
      // OSC 52: the terminal's clipboard, also over ssh.
      return world.write(`\u001b]52;c;${Buffer.from(wish.text).toString('base64')}\u001b\\`)
    case 'plan':
      return dispatch({
        kind: 'confirm',
        confirmation: await planDeployments(connection, wish.order.deployments),
      })
    case 'order': {
      const text = `ran: ${(await placeOrder(connection, wish.order)).join('; ')}`
      return dispatch({ kind: 'notice', notice: { text, tone: 'good' } })
    }
    case 'read':
      return read(world, wish.what)
    case 'explain':
      return explain(world, wish.machineId)
  }
}

async function read({ connection, dispatch }: WishWorld, what: 'images' | 'status'): Promise<void> {
  if (what === 'images') {
    const { items } = await askDaemon(connection, { path: '/images' }, imageListSchema)
    dispatch({ kind: 'images', images: items })
  } else {
    const status = await askDaemon(connection, { path: '/status' }, statusSchema)
    dispatch({ kind: 'status', status, nowMs: Date.now() })
  }
}

async function explain({ connection, dispatch }: WishWorld, machineId: string): Promise<void> {
  const path = `/machines/${machineId}/explanation`
  const told = await askDaemon(connection, { path }, explanationSchema)
  dispatch({ kind: 'explanation', machineId, told })
}
