-- What the caller said of a file when it began it, word for word: whoever goes on is told the same.
alter table model_uploads add column metadata text not null default '';
