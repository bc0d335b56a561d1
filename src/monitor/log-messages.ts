/**
 * Every message that can be logged, with the fields it may have. What is not in this table is not written: no field can
 * hold a prompt, code, a stop text, or what the browser or a server said.
 */
const REQUEST_FIELDS = ['code', 'field', 'promptChars', 'maxTokens'] as const;
const ENGINE_FIELDS = ['modelId', 'backend', 'precision', 'threads', 'adapter'] as const;

export const LOG_MESSAGES = {
  'page started': ['version', 'isIsolated', 'isSecure'],
  'model loaded': [...ENGINE_FIELDS, 'source', 'storage', 'bytes', 'totalMs'],
  'model load failed': ['code'],
  'model recovered': ENGINE_FIELDS,
  'model recovery failed': ['code'],
  'device lost': ['count'],
  'worker restarted': ['reason', 'restarts'],
  'request accepted': [...REQUEST_FIELDS, 'guard', 'modelId', 'backend'],
  'request refused': REQUEST_FIELDS,
  'request ended': [
    'outcome',
    'code',
    'promptTokens',
    'generatedTokens',
    'totalTokens',
    'tokensPerSecond',
    'latencyMs',
    'firstTokenMs',
    'queueMs',
    'outputChars',
    'syntax',
    'dangers',
    'isSuspended',
  ],
  'request detail': [
    'inputTokens',
    'vocabularySize',
    'layers',
    'width',
    'temperature',
    'top_k',
    'top_p',
    'min_p',
    'repetition_penalty',
    'max_tokens',
    'timeout_ms',
    'stopCount',
    'seed',
    'guard',
    'totalProcessingTimeMs',
  ],
  'request orphaned': ['ageMs'],
  'storage failed': ['code', 'cause'],
  'storage works again': [],
  'old data deleted': ['records', 'rollups', 'logLines'],
  'telemetry dropped': ['signal', 'reason', 'items'],
  'health checked': ['kind', 'status', 'code', 'inferenceMs'],
  'metrics exported': ['records', 'rollups', 'bytes', 'hasContent'],
  'metrics imported': ['files', 'records', 'rollups', 'code'],
  'similarity model loaded': ['totalMs', 'bytes'],
  'similarity failed': ['code'],
  'alerting not loaded': [],
  'alert fired': ['rule', 'severity', 'value', 'threshold', 'n'],
  'alert ended': ['rule', 'state'],
  'alert muted': ['rule', 'by'],
  'telemetry not sent': ['signal', 'status', 'failures'],
  'telemetry sent again': ['signal'],
  'alerts sent': ['result', 'status', 'alerts', 'attempt'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type LogMessage = keyof typeof LOG_MESSAGES;
