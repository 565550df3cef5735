// The format of case files. A case is a source in its own language with directives in comments; this one is run too.
// `//!` begins a directive, `//~` expects a diagnostic on its line. An unknown directive fails, and so does a case
// that checks nothing. One file is one test, named by its path.
//
// `test` names the stages that this source must pass:
//   parse    it parses, and the printed tree parses to the same tree
//   ir       it checks and lowers; the verifier is content; the printed IR reads back as the same IR
//   interp   the `run` lines hold on the interpreter, and on compiled code
//! test parse ir interp

int divide(int a, int b)
{
    return a / b;
}

int sum(int a[], int n)
{
    int total = 0;
    for (int i = 0; i < n; i++)
    {
        total += a[i];
        a[i] = 0;
    }
    return total;
}

int * first_twice(int a[])
{
    a[0] += a[0];
    return a;
}

void forever()
{
    while (1)
    {
    }
}

void nothing()
{
}

// `run` calls a function. What follows the call:
//   == 3            it returns this int, or, for an `int *` function, an array that now holds these elements
//   leaves a == []  it returns, and its array parameter `a` then holds these elements; may follow `==`
//   returns         it returns
//   traps KIND      it stops with this trap; `at LINE` may follow
//   out_of_fuel     it uses up its fuel (100,000)
//! run divide(7, 2) == 3
//! run divide(-7, 2) == -3
//! run divide(1, 0) traps divide_by_zero at 13
//! run sum([1, 2, 3], 3) == 6 leaves a == [0, 0, 0]
//! run sum([1, 2, 3], 2) leaves a == [0, 0, 3]
//! run sum([1], 2) traps out_of_bounds
//! run first_twice([4, 5]) == [8, 5]
//! run nothing() returns
//! run forever() out_of_fuel

// `//~ E0012 text` at the end of a line expects that diagnostic, an error or a warning, to point at that line and its
// message to contain the text; `//~^ ...` means the line before. All diagnostics must be expected.
int unfinished(int x) //~ E0031 the end of `unfinished` can be reached
{
    if (x)
    {
        return 1;
    }
}
//! run unfinished(1) == 1
//! run unfinished(0) traps missing_return
