declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** An embedded DynamoDB: an HTTP server over a LevelDB, in memory unless `path` is given. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    updateTableMs?: number;
    deleteTableMs?: number;
  }): Server;
}
