import type { Service } from '../../ecs/service';
import type { Task } from '../../ecs/task';
import type { Machinery } from '../../machinery';
import { notImplemented } from '../aws-error';
import { type JsonOperations, type JsonRequest, listOf, textOf } from '../json-service';
import { page } from '../pages';
import { clusterOf } from './cluster';
import { describeTask } from './descriptions';

/** Tasks of services; one that has ended is not told of any more. */
export function taskOperations({ services, ecs }: Machinery): JsonOperations {
  const tasksIn = (request: JsonRequest): { readonly task: Task; readonly service: Service }[] => {
    const cluster = clusterOf(request);
    const own = [...services.values()].filter(({ settings }) => settings.cluster === cluster);
    return own.flatMap((service) => service.tasks.map((task) => ({ task, service })));
  };
  return {
    ListTasks: (request) => {
      const { cluster: _, nextToken: __, serviceName: ___, family: ____, desiredStatus: _____, ...others } = request;
      const [strange] = Object.keys(others);
      if (strange !== undefined) throw notImplemented(`${strange} of ecs:ListTasks`);
      const [serviceName, family] = [textOf(request, 'serviceName'), textOf(request, 'family')];
      const status = textOf(request, 'desiredStatus') ?? 'RUNNING';
      const found = tasksIn(request).filter(
        ({ task, service: { settings } }) =>
          (serviceName === undefined || serviceName === settings.name || serviceName === settings.arn) &&
          (family === undefined || family === task.definition.family) &&
          task.metadata().DesiredStatus === status,
      );
      const list = JSON.stringify(['ListTasks', clusterOf(request), serviceName, family, status]);
      const { items, nextToken } = page(found, ({ task }) => task.arn, { list, token: textOf(request, 'nextToken') });
      return { taskArns: items.map(({ task }) => task.arn), nextToken };
    },
    DescribeTasks: (request) => {
      const all = tasksIn(request);
      const asked = listOf(request, 'tasks').map((id) => ({ id, found: all.find(({ task }) => task.arn === id || task.id === id) }));
      return {
        tasks: asked.flatMap(({ found }) => (found ? [describeTask(found.task, found.service, ecs)] : [])),
        failures: asked.flatMap(({ id, found }) => (found ? [] : [{ arn: id, reason: 'MISSING' }])),
      };
    },
  };
}
