-- Whether rows of an edition stand that isn't cut yet: no cut put them there.
-- $1 number of the edition
SELECT EXISTS (SELECT FROM feedback.edition_offset WHERE edition = $1::integer)
    OR EXISTS (SELECT FROM feedback.edition_cell WHERE edition = $1)
    OR EXISTS (SELECT FROM feedback.edition_answers WHERE edition = $1)
    OR EXISTS (SELECT FROM feedback.edition_structure WHERE edition = $1)
    OR EXISTS (SELECT FROM feedback.edition_organisation WHERE edition = $1)
    OR EXISTS (SELECT FROM feedback.edition_coefficient WHERE edition = $1)
    OR EXISTS (SELECT FROM feedback.edition_funding_input WHERE edition = $1)
