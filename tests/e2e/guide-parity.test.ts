/**
 * Every capability of the monitoring guide in the built product, section by section: docs/guide-parity.md is the readable
 * form, and tests/unit/guide-parity.test.ts holds the two together. What a section shows only in passing here has deep
 * tests of its own.
 */
import './guide-parity/1-foundations.ts';
import './guide-parity/2-application-metrics.ts';
import './guide-parity/3-model-performance.ts';
import './guide-parity/4-alerting.ts';
import './guide-parity/5-observability.ts';
import './guide-parity/6-debugging.ts';
import './guide-parity/7-checklist.ts';
