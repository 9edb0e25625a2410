import { Socket } from 'node:net'
import { tcpConnect } from './connect.ts'
import type { Connect } from './connect.ts'

/** `code` of the error that a connection fails with which is one too many. */
export const TOO_MANY = 'ETOOMANYSESSIONS'

/** Connections of which at most `most` are open at once. One too many fails, and may be tried again like any other. */
export function limitedConnect(most: number, connect: Connect = tcpConnect): Connect {
  let open = 0
  return (target) => {
    if (open >= most) {
      const socket = new Socket()
      socket.destroy(Object.assign(new Error(`${most} sessions are open`), { code: TOO_MANY }))
      return socket
    }
    open += 1
    const socket = connect(target)
    socket.once('close', () => { open -= 1 })
    return socket
  }
}
