-- An organization's own list: everything in the order it was made, by state, or what
-- begins with a word. (organization_id, client_ref) is a key already.
CREATE INDEX own_newest ON project (organization_id, number);
CREATE INDEX own_newest_state ON project (organization_id, state, number);
CREATE INDEX own_title ON project (organization_id, title, number);
