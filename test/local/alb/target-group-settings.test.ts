import { describe, expect, test } from '@jest/globals';
import { readTargetGroup } from '../../../local/alb/target-group-settings';

describe('readTargetGroup', () => {
  test('has the defaults of the load balancer', () => {
    const { healthCheck, ...settings } = readTargetGroup({}, 'tg', 'arn', 'Shop/Targets');
    expect(settings).toEqual({
      id: 'Shop/Targets',
      name: 'tg',
      arn: 'arn',
      algorithm: 'round_robin',
      deregistrationDelaySeconds: 300,
      scheme: 'http',
    });
    expect(healthCheck).toMatchObject({ path: '/', intervalSeconds: 30, timeoutSeconds: 5, healthyThreshold: 5, unhealthyThreshold: 2 });
    expect([200, 201, 404].map(healthCheck.matches)).toEqual([true, false, false]);
  });

  test('asks for health in plain HTTP unless it is told otherwise, whatever it speaks to targets', () => {
    const { scheme, healthCheck } = readTargetGroup({ Protocol: 'HTTPS' }, 'tg', 'arn', 'p');
    expect([scheme, healthCheck.scheme]).toEqual(['https', 'http']);
    expect(readTargetGroup({ HealthCheckProtocol: 'HTTPS' }, 'tg', 'arn', 'p').healthCheck.scheme).toBe('https');
    expect(() => readTargetGroup({ Protocol: 'TCP' }, 'tg', 'arn', 'Shop/Targets')).toThrow(
      'Protocol "TCP" of Shop/Targets; it has HTTP, HTTPS',
    );
  });

  test('reads lists and ranges of status codes', () => {
    const { healthCheck } = readTargetGroup({ Matcher: { HttpCode: '200-204,401' } }, 'tg', 'arn', 'p');
    expect([204, 205, 401].map(healthCheck.matches)).toEqual([true, false, true]);
  });

  test('names every setting that is not honoured', () => {
    const attributes = {
      'stickiness.enabled': 'true',
      'stickiness.type': 'app_cookie',
      'slow_start.duration_seconds': '30',
      'made.up': 'x',
    };
    const TargetGroupAttributes = Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
    const read = () => readTargetGroup({ TargetType: 'lambda', TargetGroupAttributes }, 'tg', 'arn', 'Shop/Targets');
    for (const name of ['TargetType "lambda"', 'stickiness.type "app_cookie"', 'slow_start.duration_seconds "30"', 'made.up "x"']) {
      expect(read).toThrow(`${name} of Shop/Targets`);
    }
  });
});
