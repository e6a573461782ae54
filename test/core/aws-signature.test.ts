import { expect, test } from '@jest/globals';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { Signer } from '../../core/aws-signature';
import { Dice } from './dice';

const ALPHABETS = ['abcXYZ019', '/-_.~+=', " !'()*$&,;:@%", 'äß€漢😀'];

test('signs as the SDK does, whatever the request, the credentials and the day', async () => {
  const dice = new Dice(7);
  const text = (most: number, alphabets = ALPHABETS): string =>
    Array.from({ length: dice.integer(0, most) }, () => dice.pick([...dice.pick(alphabets)])).join('');
  for (let round = 0; round < 200; round++) {
    const [region, service] = [dice.pick(['eu-central-1', 'us-gov-west-1', 'local']), dice.pick(['dynamodb', 'x'])];
    const version = dice.pick(['1.0', '1.1'] as const);
    const ours = new Signer(region, service, version);
    // The key that is kept must give way to that of another day, or of another secret.
    for (let request = 0; request < 3; request++) {
      const credentials = {
        accessKeyId: `AKIA${dice.integer(0, 1e9)}`,
        secretAccessKey: `s${text(40)}`,
        ...(dice.chance(0.5) && { sessionToken: `t${text(200, ['abcXYZ019', '/+='])}` }),
      };
      const at = new Date(dice.integer(0, 2_000_000_000) * 1_000 + dice.integer(0, 999));
      const host = dice.pick(['dynamodb.eu-central-1.amazonaws.com', '127.0.0.1:4567', '[::1]:80']);
      const path = dice.chance(0.5) ? '/' : new URL(`http://host/${text(20)}`).pathname;
      const target = `DynamoDB_20120810.${dice.pick(['PutItem', 'GetItem'])}`;
      const body = JSON.stringify({ text: text(300) });
      const headers = { host, 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
      const theirs = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
      const { headers: expected } = await theirs.sign(new HttpRequest({ method: 'POST', path, headers, body }), { signingDate: at });
      const signed = ours.sign({ host, path, target, body: Buffer.from(body) }, credentials, at);
      const given = Object.fromEntries(Array.from({ length: signed.length / 2 }, (_, pair) => signed.slice(2 * pair, 2 * pair + 2)));
      expect(given).toEqual(expected);
    }
  }
});
