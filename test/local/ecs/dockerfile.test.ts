import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { materialize, pathInImage } from '../../../local/ecs/dockerfile';
import { folderOf } from '../fixtures/assembly';

function image(dockerfile: string[], files: Record<string, string> = {}, installsPackage = false) {
  const folder = folderOf({ Dockerfile: ['FROM node:24', ...dockerfile].join('\n'), ...files });
  return materialize({ id: 'hash', folder, dockerfile: 'Dockerfile', buildArguments: {} }, join(folder, 'root'), installsPackage);
}

describe('materialize', () => {
  test('lays out files and reads what runs', () => {
    const made = image(
      [
        'WORKDIR /app',
        'COPY index.js ./',
        'ENV COLOR=blue GREETING="hello $COLOR"',
        'USER node',
        'EXPOSE 80',
        'ENTRYPOINT ["node", "index.js"]',
        'CMD ["--port", "80"]',
      ],
      {
        'index.js': 'run()',
      },
    );
    expect(made).toMatchObject({ workdir: '/app', entrypoint: ['node', 'index.js'], command: ['--port', '80'] });
    expect(made.environment).toEqual({ COLOR: 'blue', GREETING: 'hello blue' });
    expect(readFileSync(join(made.root, 'app/index.js'), 'utf8')).toBe('run()');
  });

  test('copies as Docker does: contents of folders, files under another name, relative to WORKDIR', () => {
    const folder = folderOf({
      Dockerfile: 'FROM x\nWORKDIR /srv\nWORKDIR app\nCOPY --chown=node:node lib ./lib\nCOPY ["a file.js", "main.js"]\nCOPY lib /opt/',
      'a file.js': '1',
    });
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib/b.js'), '2');
    const { root, workdir } = materialize({ id: 'h', folder, dockerfile: 'Dockerfile', buildArguments: {} }, join(folder, 'root'), false);
    expect(workdir).toBe('/srv/app');
    expect(['srv/app/lib/b.js', 'srv/app/main.js', 'opt/b.js'].map((path) => readFileSync(join(root, path), 'utf8'))).toEqual([
      '2',
      '1',
      '2',
    ]);
  });

  test('runs the shell form under a shell', () => {
    expect(image(['CMD node index.js $PORT']).command).toEqual(['/bin/sh', '-c', 'node index.js $PORT']);
  });

  test('finds files of the image by their path in it', () => {
    const made = image(['COPY index.js /app/'], { 'index.js': '' });
    expect(pathInImage(made, '/app/index.js')).toBe(join(made.root, 'app/index.js'));
    expect(pathInImage(made, '/usr/bin/env')).toBe('/usr/bin/env');
    expect(pathInImage(made, 'index.js')).toBe('index.js');
  });

  test('names every instruction that needs Docker, with its line', () => {
    const attempt = () => image(['RUN make', 'COPY --from=build /a /b', 'ADD x.tar /', 'COPY gone.js ./']);
    for (const what of ['RUN in line 2', 'COPY in line 3', 'ADD in line 4', 'COPY in line 5']) expect(attempt).toThrow(what);
  });

  test('leaves RUN out where an npm package is found in another way', () => {
    expect(image(['RUN npm install', 'ENTRYPOINT ["some-bin"]'], {}, true).entrypoint).toEqual(['some-bin']);
  });
});
