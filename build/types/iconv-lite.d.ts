declare module 'iconv-lite' {
  export function decode(bytes: Buffer, encoding: string): string;
  export function encode(text: string, encoding: string): Buffer;
  export function encodingExists(encoding: string): boolean;
}
