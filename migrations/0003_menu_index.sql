-- The menu in its two orders becomes a full-text index each. A question of any number of
-- conditions is an intersection of posting lists, which the index makes in the order of
-- the list and only as far as the page needs: one row read a line, whatever is asked.

DROP TRIGGER project_enters_menu;
DROP TRIGGER project_moves_on_menu;
DROP TRIGGER project_ages_on_menu;
DROP TABLE menu_by_start;
DROP TABLE menu_by_newest;
DROP INDEX menu_start;
DROP INDEX menu_start_field;
DROP INDEX menu_start_province;
DROP INDEX menu_start_city;
DROP INDEX menu_start_county;
DROP INDEX menu_start_town;
DROP INDEX menu_start_field_province;
DROP INDEX menu_start_field_city;
DROP INDEX menu_start_field_county;
DROP INDEX menu_start_field_town;
DROP INDEX menu_newest;
DROP INDEX menu_newest_field;
DROP INDEX menu_newest_province;
DROP INDEX menu_newest_city;
DROP INDEX menu_newest_county;
DROP INDEX menu_newest_town;
DROP INDEX menu_newest_field_province;
DROP INDEX menu_newest_field_city;
DROP INDEX menu_newest_field_county;
DROP INDEX menu_newest_field_town;

-- Words of the organization's name, which changes without the project.
ALTER TABLE project ADD COLUMN organization_terms TEXT NOT NULL DEFAULT '[]'
  CHECK (json_type(organization_terms) = 'array');

-- Months stand beside days, for windows that are long or have no end. Weekends are two
-- days, and ages follow from the youngest.
UPDATE project
SET terms = (
  SELECT json_group_array(value)
  FROM (
    SELECT value FROM json_each(project.terms) WHERE substr(value, 1, 2) NOT IN ('a:', 'w:')
    UNION
    SELECT 'm:' || substr(value, 3, 7) FROM json_each(project.terms) WHERE substr(value, 1, 2) = 'd:'))
WHERE terms <> '[]';

-- Everything a project is found by, of which the index takes what stands between quotes,
-- brackets, commas and spaces.
ALTER TABLE project ADD COLUMN menu_terms TEXT GENERATED ALWAYS AS (
  terms || organization_terms || ' all f:' || field
  || ' r:' || substr(region, 1, 2) || ' r:' || substr(region, 1, 4) || ' r:' || substr(region, 1, 6)
  || ' r:' || substr(region, 1, 9) || ' r:' || region
  || ' y:' || min_age || iif(seats_free > 0, ' free', '')
) VIRTUAL;

-- The place in each order as one number, which is what the index counts by: seconds
-- since the epoch, then the number of the project in 29 bits.
ALTER TABLE project ADD COLUMN start_slot INTEGER GENERATED ALWAYS AS (
  iif(listed, ((next_starts_at / 1000) << 29) | seq, NULL)
) VIRTUAL;
ALTER TABLE project ADD COLUMN newest_slot INTEGER GENERATED ALWAYS AS (
  iif(listed, ((published_at / 1000) << 29) | seq, NULL)
) VIRTUAL;

CREATE UNIQUE INDEX menu_start ON project (start_slot) WHERE start_slot IS NOT NULL;
CREATE UNIQUE INDEX menu_newest ON project (newest_slot) WHERE newest_slot IS NOT NULL;

-- A line of the menu. The indexes keep only terms; what a line shows is read from here.
CREATE VIEW menu_line AS
SELECT start_slot, newest_slot, menu_terms, number, id, title, field, summary, region, region_name,
  place, organization_id, organization_name, min_age, skills, next_starts_at, seats_free,
  waits_free, published_at
FROM project
WHERE start_slot IS NOT NULL AND newest_slot IS NOT NULL;

CREATE VIRTUAL TABLE menu_by_start USING fts5 (
  menu_terms, number UNINDEXED, id UNINDEXED, title UNINDEXED, field UNINDEXED, summary UNINDEXED,
  region UNINDEXED, region_name UNINDEXED, place UNINDEXED, organization_id UNINDEXED,
  organization_name UNINDEXED, min_age UNINDEXED, skills UNINDEXED, next_starts_at UNINDEXED,
  seats_free UNINDEXED, waits_free UNINDEXED, published_at UNINDEXED,
  content = 'menu_line', content_rowid = 'start_slot', detail = 'none', columnsize = 0,
  tokenize = "ascii tokenchars ':-_'"
);

CREATE VIRTUAL TABLE menu_by_newest USING fts5 (
  menu_terms, number UNINDEXED, id UNINDEXED, title UNINDEXED, field UNINDEXED, summary UNINDEXED,
  region UNINDEXED, region_name UNINDEXED, place UNINDEXED, organization_id UNINDEXED,
  organization_name UNINDEXED, min_age UNINDEXED, skills UNINDEXED, next_starts_at UNINDEXED,
  seats_free UNINDEXED, waits_free UNINDEXED, published_at UNINDEXED,
  content = 'menu_line', content_rowid = 'newest_slot', detail = 'none', columnsize = 0,
  tokenize = "ascii tokenchars ':-_'"
);

INSERT INTO menu_by_start (menu_by_start) VALUES ('rebuild');
INSERT INTO menu_by_newest (menu_by_newest) VALUES ('rebuild');

CREATE TRIGGER project_enters_menu AFTER INSERT ON project
WHEN NEW.listed
BEGIN
  INSERT INTO menu_by_start (rowid, menu_terms) VALUES (NEW.start_slot, NEW.menu_terms);
  INSERT INTO menu_by_newest (rowid, menu_terms) VALUES (NEW.newest_slot, NEW.menu_terms);
END;

CREATE TRIGGER project_moves_on_menu AFTER UPDATE ON project
WHEN OLD.start_slot IS NOT NEW.start_slot OR (NEW.listed AND OLD.menu_terms IS NOT NEW.menu_terms)
BEGIN
  INSERT INTO menu_by_start (menu_by_start, rowid, menu_terms)
  SELECT 'delete', OLD.start_slot, OLD.menu_terms WHERE OLD.start_slot IS NOT NULL;
  INSERT INTO menu_by_start (rowid, menu_terms)
  SELECT NEW.start_slot, NEW.menu_terms WHERE NEW.start_slot IS NOT NULL;
END;

CREATE TRIGGER project_ages_on_menu AFTER UPDATE ON project
WHEN OLD.newest_slot IS NOT NEW.newest_slot OR (NEW.listed AND OLD.menu_terms IS NOT NEW.menu_terms)
BEGIN
  INSERT INTO menu_by_newest (menu_by_newest, rowid, menu_terms)
  SELECT 'delete', OLD.newest_slot, OLD.menu_terms WHERE OLD.newest_slot IS NOT NULL;
  INSERT INTO menu_by_newest (rowid, menu_terms)
  SELECT NEW.newest_slot, NEW.menu_terms WHERE NEW.newest_slot IS NOT NULL;
END;

CREATE TRIGGER project_leaves_menu BEFORE DELETE ON project
WHEN OLD.listed
BEGIN
  INSERT INTO menu_by_start (menu_by_start, rowid, menu_terms) VALUES ('delete', OLD.start_slot, OLD.menu_terms);
  INSERT INTO menu_by_newest (menu_by_newest, rowid, menu_terms) VALUES ('delete', OLD.newest_slot, OLD.menu_terms);
END;
