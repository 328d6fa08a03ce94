package town
