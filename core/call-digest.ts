import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { exactNumber, isExactDouble } from './exact-number';
import { endOfString } from './json-members';
import type { Json } from './strict-json';

/** What a call asks for, in one word. */
export interface CallDigest {
  /** base64url. */
  readonly digest: string;
  /** How it was made: see {@link callDigest}. A row without it was written before there were two ways. */
  readonly version: 1 | 2;
}

/**
 * SHA-256 of a call's intent: the tool and its arguments, whatever order their members have and however a number is spelt.
 * Version 1 is the canonical form of RFC 8785, which knows doubles only; version 2 is taken where the arguments hold a number that
 * no double is, so that amounts which differ in their last digit are two calls.
 * @param argumentsText JSON text of the arguments, an object
 */
export function callDigest(tool: string, argumentsText: string): CallDigest {
  return hasInexact(argumentsText)
    ? { digest: exactDigest(tool, argumentsText), version: 2 }
    : { digest: doubleDigest(tool, argumentsText), version: 1 };
}

/** Whether a recorded digest is that of a call, whichever version of this library wrote it. */
export function isDigestOf(recorded: { readonly digest: string; readonly version?: number }, tool: string, argumentsText: string): boolean {
  const own = callDigest(tool, argumentsText);
  // A row from before there were versions may have rounded; then all that can be compared is rounded.
  return recorded.digest === (recorded.version === undefined ? doubleDigest(tool, argumentsText) : own.digest);
}

function doubleDigest(tool: string, argumentsText: string): string {
  return sha256(canonicalize([tool, JSON.parse(argumentsText) as Json, null]) ?? '');
}

/** Numbers become text that no string can be, because every string is marked too. */
function exactDigest(tool: string, argumentsText: string): string {
  const marked = mapScalars(argumentsText, {
    string: (literal) => `"s${literal.slice(1)}`,
    number: (number) => `"n${exactNumber(number)}"`,
  });
  return sha256(`v2${canonicalize([tool, JSON.parse(marked) as Json]) ?? ''}`);
}

/** Whether a well-formed JSON text holds a number that no double is. */
function hasInexact(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      const number = numberAt(text, at);
      if (!isExactDouble(number)) return true;
      at += number.length - 1;
    }
  }
  return false;
}

interface ScalarMaps {
  /** Of a string's literal, in quotes; names of members are not asked for. */
  readonly string: (literal: string) => string;
  readonly number: (text: string) => string;
}

/** Rewrites the scalars of a well-formed JSON text without space between its tokens. */
function mapScalars(text: string, map: ScalarMaps): string {
  let written = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"') {
      const close = endOfString(text, at);
      if (text[close + 1] !== ':') {
        written += text.slice(from, at) + map.string(text.slice(at, close + 1));
        from = close + 1;
      }
      at = close;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const number = numberAt(text, at);
      written += text.slice(from, at) + map.number(number);
      from = at + number.length;
      at = from - 1;
    }
  }
  return written + text.slice(from);
}

const NUMBER = /-?\d[\d.eE+-]*/y;

function numberAt(text: string, at: number): string {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0] as string;
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
