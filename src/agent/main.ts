/** The version the daemon sees; it grows with the frames this agent understands. */
const agentVersion = '0.1.0'

process.stdout.write(`repave agent ${agentVersion}\n`)
