module.exports = require('./jest-scratch.cjs').remove;
