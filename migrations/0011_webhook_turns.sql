-- Whose turn it is to be told: what waits is found endpoint by endpoint, so that nobody
-- stands behind another one's queue.
DROP INDEX webhook_delivery_due;
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at, seq)
  WHERE delivered_at IS NULL AND abandoned_at IS NULL;

-- How often an endpoint was tried out lately.
CREATE INDEX webhook_delivery_tests ON webhook_delivery (webhook_id, created_at)
  WHERE type = 'webhook.test';
