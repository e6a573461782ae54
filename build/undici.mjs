// All that the deployed programs need of undici; a further name is to be added here, or the build fails.
import buildConnector from 'undici/lib/core/connect.js';
import errors from 'undici/lib/core/errors.js';
import Pool from 'undici/lib/dispatcher/pool.js';

export { buildConnector, errors, Pool };
