/** The server has ended the stream, and with it the transaction that was open on it. */
export class StreamLost extends Error {}
