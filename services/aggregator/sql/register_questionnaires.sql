-- Tell the database where the bytes of stored answers count.
INSERT INTO feedback.questionnaire_slot (questionnaire, slot, first_cell, width)
SELECT * FROM unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[])
ON CONFLICT DO NOTHING
