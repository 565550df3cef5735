#include <stdio.h> //~ E0002 preprocessor directives are not in the subset
#define N 3 //~ E0002 preprocessor directives are

int main()
{
    printf("hello\n"); //~ E0002 strings, except as initial values of arrays, are not in the subset
    int c = ''; //~ E0001 a character constant holds one character
    return 0;
}
