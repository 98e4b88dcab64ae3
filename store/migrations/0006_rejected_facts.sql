-- What was wrong becomes the key of a sentence and its facts, so that everyone reads it in their own language.
-- What was written so far stays as it is: the fact of the sentence that has nothing else.
ALTER TABLE rejected_message
    ADD COLUMN detail_key text NOT NULL DEFAULT 'text',
    ADD COLUMN facts      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(facts) = 'object' AND length(facts::text) <= 8000);
UPDATE rejected_message SET facts = jsonb_build_object('text', detail);
ALTER TABLE rejected_message
    ALTER COLUMN detail_key DROP DEFAULT,
    ALTER COLUMN facts DROP DEFAULT,
    DROP COLUMN detail;
