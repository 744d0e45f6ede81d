-- The answer a key stands for, sealed: it may hold what is shown once.
ALTER TABLE idempotency_key ADD COLUMN answer_sealed TEXT;

-- How often the key came with another request than the one that took it.
ALTER TABLE idempotency_key ADD COLUMN mismatches INTEGER NOT NULL DEFAULT 0;
