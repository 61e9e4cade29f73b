import type { WebSocket } from 'ws'

import type { DaemonToOperator } from '../../../contract/operator-frames.ts'
import type { EventBatch } from '../../domain/event/follow-events.ts'
import type { EventTexts } from './event-texts.ts'

/** Frames handed to a socket that waits for its peer, before that is waited for too. */
const framesAhead = 32

/**
 * Sends frames to one operator. What it returns resolves when the frame has left for the kernel: whoever
 * waits for it never outruns a slow reader.
 */
export class FrameSender {
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  send(frame: DaemonToOperator): Promise<void> {
    return this.#write(JSON.stringify(frame))
  }

  /** One `events` frame. */
  sendBatch(id: string, events: EventBatch, texts: EventTexts): Promise<void> {
    return this.#write(texts.frame(id, events))
  }

  /** An `event` frame for each. */
  async sendEach(id: string, events: EventBatch, texts: EventTexts): Promise<void> {
    const head = `{"frame":"event","id":${JSON.stringify(id)},"event":`
    for (let at = 0; at < events.length; at += framesAhead) {
      const sent = events
        .slice(at, at + framesAhead)
        .map((event) => this.#write(`${head}${texts.text(event)}}`))
      await Promise.all(sent)
    }
  }

  #write(text: string | Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(text, { binary: false }, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
}
