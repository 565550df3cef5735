#include <stdio.h> //~ E0002 preprocessor directives are not in the subset
#define N 3 //~ E0002 preprocessor directives are

int main()
{
    printf("hello\n"); //~ E0002 strings are not in the subset
    int c = 'x'; //~ E0002 character constants are
    return 0;
}
