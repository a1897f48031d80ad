/** How the lines of a printed error begin; a starting process reads them back from its child's log. Constants only. */

export const ERROR = 'error: ';
export const REMEDY = '  remedy: ';
export const CODE = '  code: ';
